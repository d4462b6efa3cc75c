import type * as Wire from '../schema';

export type Automation = Wire.Automation;
export type AutomationStats = Wire.AutomationStats;
export type AutomationStep = Wire.AutomationStep;
export type ExitReason = Wire.AutomationExit;
export type ConditionOperator = Wire.AutomationOperator;
export type Condition = Wire.AutomationCondition;
export type Fallback = Wire.AutomationFallback;
export type QuietHours = Wire.AutomationQuietHours;

/** A step as it is saved: a new one has no id yet. */
export type StepInput = Omit<AutomationStep, 'id'> & { id?: string };

/** What a person sets of an automation, whole. */
export type AutomationInput = Pick<
  Automation,
  | 'name'
  | 'description'
  | 'webhookSourceId'
  | 'safetyLockMinutes'
  | 'isActive'
  | 'exitOn'
  | 'quietHours'
> & { steps: StepInput[] };

export type Rehearsal = Wire.Rehearsal;
export type RehearsedLead = Wire.RehearsedLead;
export type RehearsedStep = Wire.RehearsedStep;

/** One entry of a lead's automation timeline; the activity of the same id is the same entry. */
export type AutomationEvent = Wire.AutomationTimelineEntry;

/** What a live event says: the definition or the statistics changed. */
export interface AutomationChanged {
  automationId: string;
}

/** What a live event says: a lead's automation timeline has news. */
export interface AutomationProgress {
  leadId: string;
  /** Null when it did not start. */
  runId: string | null;
  automationId: string;
}
