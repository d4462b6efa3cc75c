import { elementId } from '../core/id';
import { explain } from '../api/errors';

export interface ToastAction {
  label: string;
  run: () => void | Promise<void>;
}

export interface Toast {
  id: string;
  text: string;
  tone: 'neutral' | 'success' | 'error';
  action: ToastAction | null;
  /** How long it stays, in ms; the clock stands while it has the pointer or the focus. */
  stay: number;
}

const PLAIN = 5_000;
const WITH_ACTION = 8_000;

class Toasts {
  list = $state<Toast[]>([]);

  show(text: string, options: Partial<Omit<Toast, 'id' | 'text'>> = {}): string {
    const toast: Toast = {
      id: elementId('toast'),
      text,
      tone: options.tone ?? 'neutral',
      action: options.action ?? null,
      stay: options.stay ?? (options.action ? WITH_ACTION : PLAIN),
    };
    // Four are enough to read; the oldest go first.
    this.list = [...this.list.slice(-3), toast];
    return toast.id;
  }

  success(text: string): void {
    this.show(text, { tone: 'success' });
  }

  /** Says why something failed, with a way to try it again when there is one. */
  error(error: unknown, retry?: () => void | Promise<void>): void {
    this.show(explain(error), {
      tone: 'error',
      action: retry ? { label: 'Retry', run: retry } : null,
      stay: WITH_ACTION,
    });
  }

  undoable(text: string, undo: () => void | Promise<void>): void {
    this.show(text, { action: { label: 'Undo', run: undo } });
  }

  dismiss(id: string): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  async act(toast: Toast): Promise<void> {
    this.dismiss(toast.id);
    try {
      await toast.action?.run();
    } catch (error) {
      this.error(error);
    }
  }

  /** Ctrl+Z: takes back the newest change that is still offered. */
  undoLast(): boolean {
    const toast = this.list.findLast((one) => one.action?.label === 'Undo');
    if (!toast) return false;
    void this.act(toast);
    return true;
  }
}

export const toasts = new Toasts();
