import { patch } from '../api/client';
import type { Preferences } from '../api/types';

export type Theme = 'system' | 'light' | 'dark';

function storedTheme(): Theme {
  try {
    const theme = localStorage.getItem('leads.theme');
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    return 'system';
  }
}

/**
 * How a person likes the page. The theme stays in the browser (a phone may be dark, a desk
 * light, and it must be known before the first paint); the rest follows the user.
 */
class Prefs {
  theme = $state<Theme>(storedTheme());
  density = $state<'compact' | 'comfortable'>('comfortable');
  singleKeys = $state(true);
  collapsedStages = $state<string[]>([]);

  /** All that is stored, also what another version of the page keeps there. */
  private stored: Preferences = {};

  load(preferences: Preferences): void {
    this.stored = preferences;
    this.density = preferences.density ?? 'comfortable';
    this.singleKeys = preferences.singleKeys ?? true;
    this.collapsedStages = preferences.collapsedStages ?? [];
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      if (theme === 'system') localStorage.removeItem('leads.theme');
      else localStorage.setItem('leads.theme', theme);
    } catch {
      // Storage is blocked: the choice holds until the page is closed.
    }
  }

  save(change: Preferences): void {
    this.load({ ...this.stored, ...change });
    // A lost preference is not worth an alarm: the page already shows it, and the next one saves.
    patch('/v1/identity/auth/me', { preferences: this.stored }).catch(() => {});
  }
}

export const prefs = new Prefs();
