// The names that the page uses for the shapes of the API. schema.d.ts holds the shapes themselves, generated
// from /v1/openapi.json; a type is written by hand only where JSON is free in form, and for live events.
export * from './types/audiences';
export * from './types/automations';
export * from './types/campaigns';
export * from './types/contacts';
export * from './types/leads';
export * from './types/messaging';
export * from './types/outbound';
export * from './types/pipelines';
export * from './types/privacy';
export * from './types/reports';
export * from './types/scoring';
export * from './types/session';
export * from './types/system';
export * from './types/views';
export * from './types/webhooks';
