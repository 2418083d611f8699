/** Loaded when something is sealed or opened first: it costs some 40 ms, and most commands need neither. */
export const ageLibrary = () => import('age-encryption');
