import type { IdOrName } from '../hetzner/wire/common.ts';
import type { Image } from '../hetzner/wire/images.ts';
import type { Location } from '../hetzner/wire/locations.ts';
import type { ServerType } from '../hetzner/wire/server-types.ts';
import type { Kit } from './context.ts';
import { invalidInput, invalidInputText, namedNotFound, notFound, resourceUnavailable } from './errors.ts';
import { byIdOrName, locationOf } from './resources/shared.ts';
import { withStock } from './stock.ts';
import type { World } from './world.ts';

/* What POST /servers, rebuild and change_type share: names, types, stock, images. */
const hostLabel = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
export const checkedHostname = (name: string): string => {
  if (name.length > 253 || !name.split('.').every((label) => hostLabel.test(label)))
    throw invalidInput({ name: ['Name must be a valid hostname.'] });
  return name;
};

/** By id also what was withdrawn; by name only what is listed (hcloud-go: a retired type still answers by id). */
export const serverTypeOf = (world: World, wanted: IdOrName): ServerType => {
  const { serverTypes, retiredServerTypes } = world.catalogue;
  const byId = [...serverTypes, ...retiredServerTypes].find((type) => String(type.id) === String(wanted));
  const found = byId ?? serverTypes.find((type) => type.name === wanted);
  if (found === undefined)
    throw /^\d+$/.test(String(wanted)) ? notFound('server type', wanted) : namedNotFound('server type', String(wanted));
  return withStock(world, found);
};

/** Not supported there: invalid_input; supported and sold out: 412, at once and not as a failing action. */
export const assertOrderable = (kit: Kit, type: ServerType, location: Location): void => {
  const place = type.locations?.find((one) => one.name === location.name);
  const gone = place?.deprecation?.unavailable_after;
  const retired = kit.world.catalogue.retiredServerTypes.some((one) => one.id === type.id);
  if (place === undefined || retired || (gone !== undefined && gone.slice(0, 10) <= kit.world.state.date))
    throw invalidInputText('unsupported location for server type');
  if (!place.available) throw resourceUnavailable('error during placement');
};

/** Left out: the platform chooses; here the first location that has the type in stock. */
export const locationFor = (kit: Kit, type: ServerType, wanted: IdOrName | null | undefined): Location => {
  if (wanted !== undefined && wanted !== null) return locationOf(kit, wanted);
  const places = type.locations ?? [];
  const place = places.find((one) => one.available) ?? places[0];
  return locationOf(kit, place?.name ?? 'fsn1');
};

/** One name exists once per architecture: the type's own decides. Snapshots and backups have ids only. */
export const imageFor = (world: World, type: ServerType, wanted: IdOrName): Image => {
  const all = [...world.catalogue.images, ...world.images.all()];
  const fitting = all.filter((image) => image.architecture === type.architecture);
  const byId = all.find((image) => String(image.id) === String(wanted));
  const image = byId ?? byIdOrName('image', fitting, wanted);
  if (image.architecture !== type.architecture)
    throw invalidInput({ image: [`image is for ${image.architecture}, the server type is ${type.architecture}`] });
  if (image.status !== 'available') throw invalidInput({ image: ['image is not available'] });
  if (image.disk_size > type.disk)
    throw invalidInput({ image: ['image disk is larger than the disk of the server type'] });
  return image;
};

export const checkedUserData = (kit: Kit, userData: string | null | undefined): string | null => {
  if (userData === undefined || userData === null || userData === '') return null;
  const { userDataBytes } = kit.limits;
  if (Buffer.byteLength(userData) > userDataBytes)
    throw invalidInput({ user_data: [`Length must be at most ${userDataBytes} bytes.`] });
  return userData;
};
