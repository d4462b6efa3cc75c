import type * as Wire from '../schema';

export type StageType = Wire.StageType;
export type Stage = Wire.Stage;
export type Pipeline = Wire.Pipeline;
export type StageInput = Wire.StageBody;
export type PipelineChanges = Wire.PipelinePatch;
