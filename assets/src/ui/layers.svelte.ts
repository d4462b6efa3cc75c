import { untrack } from 'svelte';

/**
 * The open modal dialogs, lowest first. Everything outside of the topmost one is inert, so the
 * toasts move into it: an Undo below a dialog could be seen and not clicked.
 */
class Layers {
  dialogs = $state.raw<HTMLDialogElement[]>([]);

  get top(): HTMLDialogElement | null {
    return this.dialogs.at(-1) ?? null;
  }

  enter(dialog: HTMLDialogElement): () => void {
    // Called from the effect that opens the dialog, which must not come to depend on the list.
    const below = untrack(() => this.dialogs);
    this.dialogs = [...below, dialog];
    return () => {
      this.dialogs = untrack(() => this.dialogs).filter((one) => one !== dialog);
    };
  }
}

export const layers = new Layers();

/** Opens a dialog as long as its element lives, and gives the focus back to where it was. */
export function opened(modal: () => boolean, onclose: () => void) {
  return (element: HTMLDialogElement) => {
    const before = document.activeElement as HTMLElement | null;
    const isModal = modal();
    let leave = () => {};
    if (isModal) {
      element.showModal();
      leave = layers.enter(element);
    } else {
      element.show();
    }
    const cancel = (event: Event) => {
      // The owner decides whether it closes, by taking the element away.
      event.preventDefault();
      onclose();
    };
    element.addEventListener('cancel', cancel);
    return () => {
      element.removeEventListener('cancel', cancel);
      leave();
      const lost =
        document.activeElement === document.body || element.contains(document.activeElement);
      if (element.open) element.close();
      if (lost && before?.isConnected) before.focus({ preventScroll: true });
    };
  };
}
