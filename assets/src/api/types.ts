// Every wire type of the API that the page uses stands in this folder, and nowhere else: one place
// to compare with /v1/openapi.json.
export * from './types/leads';
export * from './types/pipelines';
export * from './types/session';
export * from './types/system';
export * from './types/webhooks';
