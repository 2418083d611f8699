import type { CloudChange } from '../../domain/plan.ts';
import type { ApiRequest } from '../request.ts';

export const post = (path: string, body?: ApiRequest['body']): ApiRequest =>
  body === undefined ? { method: 'POST', path } : { method: 'POST', path, body };

export const act = (path: string, action: string, body?: ApiRequest['body']): ApiRequest =>
  post(`${path}/actions/${action}`, body);

/** What every kind with a page of its own takes; undefined for a change that belongs to the kind. PUT replaces the whole label map. */
export const commonChange = (path: string, change: CloudChange): ApiRequest | undefined => {
  switch (change.op) {
    case 'set-labels':
      return { method: 'PUT', path, body: { labels: change.labels } };
    case 'rename':
      return { method: 'PUT', path, body: { name: change.name, labels: change.labels } };
    case 'set-protection':
      return act(path, 'change_protection', { delete: change.delete });
    default:
      return undefined;
  }
};
