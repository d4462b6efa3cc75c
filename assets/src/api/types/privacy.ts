import type * as Wire from '../schema';

export type PrivacyFound = Wire.PrivacyFound;
export type PrivacyRequest = Wire.PrivacyRequest;

/** Whom to look for. */
export type PrivacySubject = Partial<Wire.PrivacySubject>;
