import { configureClient, get, post } from '../api/client';
import { isStatus } from '../api/errors';
import type { LoginAnswer, Me, Permission, SetupState } from '../api/types';
import { live } from './live.svelte';
import { location } from './location.svelte';
import { prefs } from './prefs.svelte';

export type Phase = 'loading' | 'setup' | 'login' | 'ready' | 'unreachable';

const WORKSPACE = 'leads.workspace';

/** Who is here, in which workspace, and what they may do. */
class Session {
  phase = $state<Phase>('loading');
  me = $state.raw<Me | null>(null);
  /** The session ended by itself (too old, ended elsewhere), not by signing out. */
  isLost = $state(false);
  private workspaceId = remembered();

  constructor() {
    configureClient({
      workspaceId: () => this.workspaceId,
      onUnauthorized: () => this.ended(),
    });
  }

  can(permission: Permission): boolean {
    return this.me?.permissions.includes(permission) ?? false;
  }

  async load(): Promise<void> {
    try {
      this.me = await get<Me>('/v1/identity/auth/me');
      this.isLost = false;
      this.remember(this.me.workspace.id);
      prefs.load(this.me.preferences ?? {});
      this.phase = 'ready';
      this.follow();
    } catch (error) {
      if (isStatus(error, 401)) {
        await this.askWho();
      } else if (isStatus(error, 403) || isStatus(error, 404)) {
        await this.leaveWorkspace();
      } else {
        this.phase = 'unreachable';
      }
    }
  }

  /** After login, setup or an accepted invitation: the cookie is set, the rest is read. */
  async begin(answer: LoginAnswer): Promise<void> {
    live.stop();
    const ids = answer.workspaces.map((workspace) => workspace.id);
    if (this.workspaceId && !ids.includes(this.workspaceId)) this.remember(null);
    await this.load();
  }

  async logout(): Promise<void> {
    await post('/v1/identity/auth/logout').catch(() => {});
    this.ended();
    this.isLost = false;
    location.go('/leads', { replace: true });
  }

  async switchWorkspace(id: string): Promise<void> {
    live.stop();
    this.remember(id);
    location.go('/leads');
    this.phase = 'loading';
    await this.load();
  }

  /** Reads the user, workspace and permissions again after one of them was changed. */
  async refresh(): Promise<void> {
    if (this.phase !== 'ready') return;
    this.me = await get<Me>('/v1/identity/auth/me');
    this.follow();
  }

  /** The stream tells everybody what they may see. */
  private follow(): void {
    if (live.state === 'closed') live.start(() => this.ended());
  }

  private ended(): void {
    live.stop();
    this.me = null;
    if (this.phase !== 'ready') return;
    this.isLost = true;
    this.phase = 'login';
  }

  private async askWho(): Promise<void> {
    try {
      const setup = await get<SetupState>('/v1/identity/setup');
      this.phase = setup.needed ? 'setup' : 'login';
    } catch {
      this.phase = 'unreachable';
    }
  }

  /** The remembered workspace is gone, or the user was removed from it: take the first one. */
  private async leaveWorkspace(): Promise<void> {
    if (!this.workspaceId) {
      this.phase = 'unreachable';
      return;
    }
    this.remember(null);
    await this.load();
  }

  private remember(id: string | null): void {
    this.workspaceId = id;
    try {
      if (id) localStorage.setItem(WORKSPACE, id);
      else localStorage.removeItem(WORKSPACE);
    } catch {
      // Storage is blocked: the choice holds until the page is closed.
    }
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(WORKSPACE);
  } catch {
    return null;
  }
}

export const session = new Session();
