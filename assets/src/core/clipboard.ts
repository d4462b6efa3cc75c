/**
 * Copies a text. On plain HTTP `navigator.clipboard` does not exist, so a hidden field is
 * selected and copied the old way; it is put into the open dialog, for outside of it nothing
 * can be selected.
 */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused, for instance without focus: the old way may still work.
    }
  }
  const focused = document.activeElement as HTMLElement | null;
  const host = focused?.closest('dialog') ?? document.body;
  const field = document.createElement('textarea');
  field.className = 'visually-hidden';
  field.setAttribute('aria-hidden', 'true');
  field.value = text;
  host.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  focused?.focus();
  return copied;
}
