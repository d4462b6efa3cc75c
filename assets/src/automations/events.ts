import type { Activity, AutomationEvent } from '../api/types';
import type { IconName } from '../ui/icons';

interface Look {
  title: string;
  icon: IconName;
  tone: 'neutral' | 'success' | 'danger' | 'warning';
}

const looks: Record<string, Look> = {
  automation_triggered: { title: 'Automation triggered', icon: 'bolt', tone: 'neutral' },
  step_sent: { title: 'Step sent', icon: 'check', tone: 'success' },
  step_failed: { title: 'Step failed', icon: 'error', tone: 'danger' },
  fallback: { title: 'Fallback', icon: 'swap', tone: 'warning' },
  step_skipped: { title: 'Step passed over', icon: 'skip', tone: 'neutral' },
  step_delivered_late: { title: 'Delivered late', icon: 'clock', tone: 'warning' },
  automation_completed: { title: 'Automation completed', icon: 'task', tone: 'success' },
  automation_failed: { title: 'Automation failed', icon: 'error', tone: 'danger' },
  automation_skipped: { title: 'Automation skipped', icon: 'ban', tone: 'neutral' },
  automation_stopped: { title: 'Automation stopped', icon: 'stop', tone: 'neutral' },
};

export function isOfAutomation({ type }: Pick<Activity, 'type'>): boolean {
  return type in looks;
}

export function lookOf(type: string): Look {
  return looks[type] ?? { title: 'Automation', icon: 'bolt', tone: 'neutral' };
}

/** One line of a lead's timeline, or what follows on each other of one run. */
export type TimelinePart =
  | { id: string; activity: Activity; events: null }
  | { id: string; activity: null; events: AutomationEvent[] };

/** Of one run; what did not start is kept apart by its automation. */
const isSame = (one: AutomationEvent, other: AutomationEvent) =>
  one.runId === other.runId && one.automationId === other.automationId;

/**
 * Between two other activities, what belongs to one run stands together, newest first; where another
 * activity lies between, the run goes on in another group, so that the order of time holds.
 */
export function partsOf(
  activities: readonly Activity[],
  runs: ReadonlyMap<string, AutomationEvent>,
): TimelinePart[] {
  const parts: TimelinePart[] = [];
  /** The groups since the last other activity. */
  let groups: { id: string; activity: null; events: AutomationEvent[] }[] = [];
  for (const activity of activities) {
    const event = runs.get(activity.id);
    if (!event) {
      parts.push({ id: activity.id, activity, events: null });
      groups = [];
      continue;
    }
    let group = groups.find(({ events: [first] }) => first && isSame(first, event));
    if (!group) {
      group = { id: event.id, activity: null, events: [] };
      groups.push(group);
      parts.push(group);
    }
    group.events.push(event);
    // Known by its oldest entry, so that a new one does not make another group of it.
    group.id = event.id;
  }
  return parts;
}

/** Why a message failed, where no entry of its own says it. */
export function failureOf(event: AutomationEvent, all: readonly AutomationEvent[]): string {
  const { message } = event;
  if (message?.status !== 'failed') return '';
  const isTold = all.some((one) => one.type === 'step_failed' && one.message?.id === message.id);
  return isTold ? '' : (message.errorMessage ?? '');
}
