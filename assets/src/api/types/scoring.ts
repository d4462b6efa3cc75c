import type * as Wire from '../schema';

export type ScoreRule = Wire.ScoreRule;
export type NewScoreRule = Wire.NewScoreRule;
export type ScoreCondition = Wire.ScoreCondition;
export type ScoreConditionKind = Wire.ScoreConditionKind;
export type ScoreOperator = Wire.ScoreOperator;
export type ScoreMessageStatus = Wire.ScoreMessageStatus;
export type ScoringProgress = Wire.ScoringProgress;
export type LeadScoring = Wire.LeadScoring;
