export type StageType = 'open' | 'won' | 'lost';

export interface Stage {
  id: string;
  name: string;
  color: string;
  type: StageType;
  position: number;
  leadCount: number;
}

export interface Pipeline {
  id: string;
  name: string;
  isDefault: boolean;
  stages: Stage[];
  leadCount: number;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface StageInput {
  id?: string;
  name: string;
  color: string;
  type: StageType;
}

export interface PipelineChanges {
  name?: string;
  isDefault?: true;
  stages?: StageInput[];
  moveLeadsTo?: Record<string, string>;
}
