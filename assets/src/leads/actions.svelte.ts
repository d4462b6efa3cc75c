import { isStatus } from '../api/errors';
import { assignLead, bulk, deleteLead, moveLead, restoreLead, type Place } from '../api/leads';
import type { BulkRequest, Card, Lead } from '../api/types';
import { plural } from '../core/format';
import { toasts } from '../state/toasts.svelte';
import type { ShownLeads } from './screen.svelte';

/** Where cards stood side by side, said by a neighbour that stays, for Undo. */
export interface Was {
  cards: Card[];
  place: Place;
}

/** What can be done with leads from the board: shown at once, taken back when it is refused. */
export class LeadActions {
  constructor(protected readonly board: ShownLeads) {}

  /** To a slot of a column; `index` counts without the moved cards. No index: to the top. */
  async move(ids: readonly string[], stageId: string, index = 0): Promise<void> {
    const column = this.board.columns.find((one) => one.id === stageId);
    const cards = this.cards(ids);
    if (cards.length === 0) return;
    const others = column ? column.cards.filter((card) => !ids.includes(card.id)) : [];
    const was = this.whereAre(ids);
    const same = cards.length === 1 && cards[0]?.stageId === stageId;
    const first = cards[0] as Card;
    if (same && this.indexOf(first) === index) return;
    const stage = column?.name ?? this.stageName(stageId);
    const what = cards.length === 1 ? first.name : plural(cards.length, 'lead');

    const above = others[index - 1];
    const below = others[index];
    const start: Place = above
      ? { stageId, afterId: above.id }
      : below
        ? { stageId, beforeId: below.id }
        : { stageId };
    const low = above?.position ?? (below ? below.position - 1 : 0);
    const high = below?.position ?? low + 1;
    const release = this.board.hold(ids);
    cards.forEach((card, at) => {
      const position = low + ((high - low) * (at + 1)) / (cards.length + 1);
      this.board.place({ ...card, stageId, position });
    });
    try {
      if (cards.length > 1) await this.moveTogether(cards, start);
      else await this.moveAlone(first, start);
      release();
      toasts.undoable(same ? `Moved ${what}` : `Moved ${what} to ${stage}`, () => this.back(was));
    } catch (error) {
      for (const card of cards) this.board.place(card);
      release();
      this.board.reloadSoon();
      toasts.error(error, () => this.move(ids, stageId, index));
    }
  }

  async assign(ids: readonly string[], userId: string | null, name: string): Promise<void> {
    const cards = this.cards(ids);
    const assignee = userId ? { id: userId, name } : null;
    const before = new Map<string | null, string[]>();
    for (const card of cards) {
      before.set(card.assignedTo, [...(before.get(card.assignedTo) ?? []), card.id]);
    }
    const text = userId
      ? `Assigned ${this.what(cards)} to ${name}`
      : `${this.what(cards)} assigned to nobody`;
    await this.attempt(
      cards,
      (card) => ({ ...card, assignedTo: userId, assignee }),
      async () => {
        const only = cards.length === 1 ? cards[0] : undefined;
        if (only) this.show(await this.assignAlone(only, userId));
        else await this.bulk({ action: 'assign', leadIds: [...ids], assignedTo: userId });
      },
      text,
      async () => {
        for (const [assignedTo, leadIds] of before) {
          await this.bulk({ action: 'assign', leadIds, assignedTo });
        }
        this.board.reloadSoon();
      },
    );
  }

  async tag(ids: readonly string[], tags: string[]): Promise<void> {
    const cards = this.cards(ids);
    const had = (card: Card, tag: string) =>
      card.tags.some((one) => one.toLowerCase() === tag.toLowerCase());
    const missing = new Map(
      tags.map((tag) => [tag, cards.filter((card) => !had(card, tag)).map((card) => card.id)]),
    );
    await this.attempt(
      cards,
      (card) => ({ ...card, tags: [...card.tags, ...tags.filter((tag) => !had(card, tag))] }),
      () => this.bulk({ action: 'tag', leadIds: [...ids], tags }),
      `Tagged ${this.what(cards)} with ${tags.join(', ')}`,
      async () => {
        for (const [tag, leadIds] of missing) {
          if (leadIds.length > 0) await this.bulk({ action: 'untag', leadIds, tags: [tag] });
        }
        this.board.reloadSoon();
      },
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    const cards = this.cards(ids);
    if (cards.length === 0) return;
    const release = this.board.hold(ids);
    for (const card of cards) this.board.drop(card.id);
    try {
      const only = cards.length === 1 ? cards[0] : undefined;
      if (only) await this.current(only, (version) => deleteLead(only.id, version));
      else await this.bulk({ action: 'delete', leadIds: [...ids] });
      toasts.undoable(`Deleted ${this.what(cards)}`, () => this.restore(cards));
    } catch (error) {
      for (const card of cards) this.board.place(card);
      toasts.error(error);
    } finally {
      release();
    }
  }

  async restore(cards: readonly Card[]): Promise<void> {
    const only = cards.length === 1 ? cards[0] : undefined;
    if (only) this.show(await restoreLead(only.id));
    else {
      await this.bulk({ action: 'restore', leadIds: cards.map((card) => card.id) });
      this.board.reloadSoon();
    }
  }

  /** Back to where they were. */
  private async back(was: readonly Was[]): Promise<void> {
    for (const { cards, place } of was) {
      try {
        await this.moveTogether(cards, place);
      } catch (error) {
        // The neighbour is gone: the stage is what matters.
        if (!isStatus(error, 422)) throw error;
        await this.moveTogether(cards, { stageId: place.stageId });
      }
    }
  }

  private async moveAlone(card: Card, place: Place): Promise<void> {
    const moved = await this.current(
      card,
      (version) => moveLead(card.id, place, version),
      (now) => now.stageId === card.stageId,
    );
    this.show(moved);
  }

  /** Unless somebody else gave the lead away meanwhile. */
  private assignAlone(card: Card, userId: string | null): Promise<Card> {
    return this.current(
      card,
      (version) => assignLead(card.id, userId, version),
      (now) => now.assignedTo === card.assignedTo || now.assignedTo === userId,
    );
  }

  /** In one request: they stand side by side there, in their order. */
  private async moveTogether(cards: readonly Card[], place: Place): Promise<void> {
    const leadIds = cards.map((card) => card.id);
    await this.bulk({ action: 'move_stage', leadIds, ...place });
    this.board.reloadSoon();
  }

  private async bulk(request: BulkRequest): Promise<void> {
    const { failed } = await bulk(request);
    const first = failed[0];
    if (!first) return;
    this.board.reloadSoon();
    toasts.show(`${plural(failed.length, 'lead')} could not be changed: ${first.message}`, {
      tone: 'error',
    });
  }

  /** Shows the change, sends it, and takes it back when it is refused. */
  private async attempt(
    cards: readonly Card[],
    change: (card: Card) => Card,
    send: () => Promise<void>,
    text: string,
    undo: () => Promise<void>,
  ): Promise<void> {
    if (cards.length === 0) return;
    for (const card of cards) this.board.place(change(card));
    try {
      await send();
      toasts.undoable(text, undo);
    } catch (error) {
      for (const card of cards) this.board.place(card);
      toasts.error(error);
      this.board.reloadSoon();
    }
  }

  /**
   * Sends a change that does not depend on what the lead holds. When the lead was edited meanwhile,
   * by somebody or by a bulk action of this page, whose answer tells no versions, it is sent again
   * for the version of now, unless that is no longer what was meant.
   */
  private async current<T>(
    card: Card,
    send: (version: number) => Promise<T>,
    stillMeant: (now: Lead) => boolean = () => true,
  ): Promise<T> {
    try {
      return await send(this.version(card));
    } catch (error) {
      const now = isStatus(error, 412) ? error.current<Lead>() : null;
      if (!now || !stillMeant(now)) throw error;
      return await send(now.version);
    }
  }

  /** The newest version that the page has seen. */
  private version(card: Card): number {
    return Math.max(card.version, this.board.find(card.id)?.version ?? 0);
  }

  private show(lead: Card): void {
    if (this.board.covers(lead)) this.board.place(lead);
  }

  protected cards(ids: readonly string[]): Card[] {
    const wanted = new Set(ids);
    const order = this.board.order().filter((id) => wanted.has(id));
    return order.flatMap((id) => this.board.find(id) ?? []);
  }

  protected whereAre(ids: readonly string[]): Was[] {
    const wanted = new Set(ids);
    return this.board.columns.flatMap(({ id: stageId, cards }) => {
      const groups: Was[] = [];
      let above: Card | undefined;
      let group: Was | undefined;
      for (const card of cards) {
        if (wanted.has(card.id)) {
          if (!group) {
            group = { cards: [], place: above ? { stageId, afterId: above.id } : { stageId } };
            groups.push(group);
          }
          group.cards.push(card);
        } else {
          if (group && !above) group.place.beforeId = card.id;
          group = undefined;
          above = card;
        }
      }
      return groups;
    });
  }

  private indexOf(card: Card): number {
    return this.board.columnOf(card.id)?.cards.indexOf(card) ?? -1;
  }

  private stageName(stageId: string): string {
    const stages = this.board.pipelines.flatMap((pipeline) => pipeline.stages);
    return stages.find((stage) => stage.id === stageId)?.name ?? 'another stage';
  }

  private what(cards: readonly Card[]): string {
    return cards.length === 1 ? (cards[0] as Card).name : plural(cards.length, 'lead');
  }
}

/** The same in the list, which knows of no places inside of a stage: what goes back goes to its top. */
export class ListActions extends LeadActions {
  protected override whereAre(ids: readonly string[]): Was[] {
    const groups = new Map<string, Card[]>();
    for (const card of this.cards(ids)) {
      groups.set(card.stageId, [...(groups.get(card.stageId) ?? []), card]);
    }
    return [...groups].map(([stageId, cards]) => ({ cards, place: { stageId } }));
  }
}
