import { tick, untrack } from 'svelte';
import { formErrors, isStatus } from '../api/errors';
import { getFieldKeys } from '../api/leads';
import type {
  Automation,
  AutomationChanged,
  AutomationInput,
  Channel,
  CustomFieldKey,
  Template,
} from '../api/types';
import { randomId } from '../core/id';
import { live } from '../state/live.svelte';
import { toasts } from '../state/toasts.svelte';
import { getWebhooks } from '../webhooks/api';
import { createAutomation, getAllTemplates, getAutomation, updateAutomation } from './api';
import {
  changesOf,
  draftOf,
  freshStep,
  inputOf,
  moved,
  printOf,
  type Draft,
  type StepDraft,
} from './draft';
import { faultsOf, fieldsOf, isFaulty, type Faults, type Known } from './faults';

interface Refusal {
  /** What was refused: it holds until something is changed. */
  print: string;
  fields: Faults;
  general: string;
}

/** What a new automation begins from: an example, or a copy that could not be stored as it is. */
let seed: Draft | null = null;

export function beginFrom(draft: Draft): void {
  seed = draft;
}

/** The Rule Builder: an automation as it is written, and as it was read. */
export class Builder {
  saved = $state.raw<Automation | null>(null);
  draft = $state<Draft>(draftOf(null));
  known = $state.raw<Known>({ templates: null, webhooks: null });
  /** Why templates can't be chosen, when they could not be read. */
  templatesFailure = $state.raw<unknown>(null);
  keys = $state.raw<CustomFieldKey[]>([]);
  conflict = $state.raw<Automation | null>(null);
  failure = $state.raw<unknown>(null);
  ready = $state(false);
  busy = $state(false);
  /** The keys of the steps whose settings are shown. */
  opened = $state.raw<ReadonlySet<string>>(new Set());
  /** Read out by screen readers. */
  said = $state('');
  private untouched = $state('');
  private tried = $state(false);
  private refusal = $state.raw<Refusal | null>(null);
  private abort = new AbortController();
  private key = randomId();

  private print = $derived(printOf(this.draft));
  isDirty = $derived(this.ready && this.print !== this.untouched);
  private standing = $derived(this.refusal?.print === this.print ? this.refusal : null);
  faults = $derived<Faults>({
    ...this.standing?.fields,
    ...(this.tried ? faultsOf(this.draft, this.known) : {}),
  });
  general = $derived(this.standing?.general ?? '');

  constructor(readonly id: string) {}

  get isNew(): boolean {
    return this.id === 'new';
  }

  async load(): Promise<void> {
    this.failure = null;
    try {
      const [automation] = await Promise.all([
        this.isNew ? null : getAutomation(this.id, this.abort.signal),
        this.readTemplates(),
        this.readWebhooks(),
        this.readKeys(),
      ]);
      if (this.abort.signal.aborted) return;
      this.show(automation);
    } catch (error) {
      if (!this.abort.signal.aborted) this.failure = error;
    }
  }

  /** Keeps what can be chosen true, and hears of others' changes; returns what ends it. */
  follow(): () => void {
    const ends = [
      live.on<AutomationChanged>('automation.changed', (event) => {
        if (event.automationId === this.id) void this.refresh();
      }),
      live.on('template.changed', () => void this.readTemplates()),
      live.on('webhook.*', () => void this.readWebhooks()),
      live.on('reset', () => {
        void this.refresh();
        void this.readTemplates();
        void this.readWebhooks();
      }),
    ];
    return () => {
      this.abort.abort();
      for (const end of ends) end();
    };
  }

  fitting(channel: Channel): Template[] {
    const all = this.known.templates ?? [];
    return all.filter((one) => one.channel === channel && one.status === 'approved');
  }

  /** Where there is no choice, nobody has to make one. */
  onlyTemplate(channel: Channel): string {
    const fitting = this.fitting(channel);
    return fitting.length === 1 ? (fitting[0] as Template).id : '';
  }

  toggle(key: string): void {
    const next = new Set(this.opened);
    if (!next.delete(key)) next.add(key);
    this.opened = next;
  }

  add(): StepDraft {
    const last = this.draft.steps.at(-1);
    const step = freshStep(last?.channel ?? 'whatsapp', last ? 60 : 0);
    step.templateId = last ? '' : this.onlyTemplate(step.channel);
    this.draft.steps.push(step);
    this.toggle(step.key);
    this.said = `Step ${this.draft.steps.length} added.`;
    return step;
  }

  remove(index: number): void {
    const before = $state.snapshot(this.draft.steps) as StepDraft[];
    const gone = before[index];
    if (!gone) return;
    this.draft.steps = before.filter((_, at) => at !== index);
    this.said = `Step ${index + 1} removed.`;
    toasts.undoable(`Step ${index + 1} removed`, () => {
      if (this.draft.steps.some((one) => one.key === gone.key)) return;
      const steps = [...this.draft.steps];
      steps.splice(Math.min(index, steps.length), 0, gone);
      this.draft.steps = steps;
    });
  }

  move(from: number, to: number): void {
    const count = this.draft.steps.length;
    if (to < 0 || to >= count || from === to) return;
    this.draft.steps = moved(this.draft.steps, from, to);
    this.said = `Step ${from + 1} is step ${to + 1} of ${count} now.`;
  }

  /** Shows what is wrong, if anything is; true when there is. */
  async check(without: readonly string[] = []): Promise<boolean> {
    this.tried = true;
    // What the server refused may be right by now: a template approved meanwhile, say.
    this.refusal = null;
    const wrong = Object.keys(this.faults).some((field) => !without.includes(field));
    if (wrong) await this.reveal();
    return wrong;
  }

  /** True once it is saved. */
  async save(): Promise<boolean> {
    const { saved, draft } = this;
    const changes = saved ? changesOf(draft, draftOf(saved)) : null;
    // The switch alone works whatever became of the templates meanwhile.
    const isSwitch = changes && Object.keys(changes).every((field) => field === 'isActive');
    if (this.busy || (!isSwitch && (await this.check()))) return false;
    this.busy = true;
    try {
      if (!saved || !changes) this.saved = await createAutomation(inputOf(draft), this.key);
      else if (Object.keys(changes).length > 0) {
        this.saved = await updateAutomation(saved.id, changes, saved.version);
      }
      this.untouched = this.print;
      return true;
    } catch (error) {
      this.key = randomId();
      if (isStatus(error, 412)) this.conflict = error.current<Automation>();
      else await this.refuse(error);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Saves what stands here over what somebody else saved meanwhile. */
  async saveMine(): Promise<boolean> {
    const theirs = this.conflict;
    if (theirs) {
      const there = new Set(theirs.steps.map((step) => step.id));
      for (const step of this.draft.steps) if (step.id && !there.has(step.id)) delete step.id;
      this.saved = theirs;
    }
    this.conflict = null;
    return this.save();
  }

  useTheirs(): void {
    this.show(this.conflict);
  }

  /** What a rehearsal takes: the draft, under some name. */
  rehearsed(): AutomationInput {
    const input = inputOf(this.draft);
    return { ...input, name: input.name || 'Rehearsal' };
  }

  /** Puts a refusal of the server where it belongs. */
  async refuse(error: unknown): Promise<void> {
    const gone = 'Somebody deleted this automation. Copy what you need, and leave.';
    const { fields, general } = formErrors(error, fieldsOf(this.draft));
    const isGone = isStatus(error, 404);
    this.refusal = { print: this.print, fields, general: isGone ? gone : general };
    await this.reveal();
  }

  /** Opens the steps that something is wrong in, and goes to the first fault. */
  private async reveal(): Promise<void> {
    const faulty = this.draft.steps.filter((_, index) => isFaulty(this.faults, index));
    this.opened = new Set([...this.opened, ...faulty.map((step) => step.key)]);
    await tick();
    const first = document.querySelector<HTMLElement>('dialog [aria-invalid=true]');
    first?.focus();
  }

  private show(automation: Automation | null): void {
    this.saved = automation;
    this.draft = automation ? draftOf(automation) : this.begin();
    this.conflict = null;
    this.refusal = null;
    this.tried = false;
    const [only, another] = this.draft.steps;
    this.opened = new Set(only && (this.isNew || !another) ? [only.key] : []);
    this.untouched = printOf(this.draft);
    this.ready = true;
  }

  private begin(): Draft {
    const draft = seed ?? draftOf(null);
    seed = null;
    const [webhook, another] = this.known.webhooks ?? [];
    if (!draft.webhookSourceId && webhook && !another) draft.webhookSourceId = webhook.id;
    for (const step of draft.steps) {
      step.templateId ||= this.onlyTemplate(step.channel);
      const { fallback } = step;
      if (fallback.channel) fallback.templateId ||= this.onlyTemplate(fallback.channel);
    }
    return draft;
  }

  /** Somebody changed it, or its statistics moved. */
  private async refresh(): Promise<void> {
    if (this.isNew || !this.saved) return;
    try {
      const now = await getAutomation(this.id, this.abort.signal);
      const saved = untrack(() => this.saved);
      if (!saved || now.version <= saved.version || this.busy) {
        if (saved && now.version === saved.version) this.saved = now;
      } else if (this.isDirty) this.conflict = now;
      else this.show(now);
    } catch {
      // Saving says what is the matter.
    }
  }

  private async readTemplates(): Promise<void> {
    try {
      const templates = await getAllTemplates();
      this.known = { ...this.known, templates };
      this.templatesFailure = null;
    } catch (error) {
      this.templatesFailure = error;
    }
  }

  private async readWebhooks(): Promise<void> {
    try {
      const webhooks = await getWebhooks();
      this.known = { ...this.known, webhooks };
    } catch (error) {
      toasts.error(error);
    }
  }

  private async readKeys(): Promise<void> {
    try {
      this.keys = (await getFieldKeys()).data;
    } catch {
      // Only names hang on it.
    }
  }
}
