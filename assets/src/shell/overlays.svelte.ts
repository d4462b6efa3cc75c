/** What may lie over any page: at most one at a time. */
class Overlays {
  open = $state<'palette' | 'keys' | null>(null);
  readonly isMac = /mac|iphone|ipad/i.test(navigator.userAgent);
}

export const overlays = new Overlays();
