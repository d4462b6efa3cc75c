import { getUsers } from '../api/leads';
import type { User } from '../api/types';

/** The people of the workspace, for choosing an assignee. */
class Members {
  list = $state.raw<User[]>([]);

  get active(): User[] {
    return this.list.filter((user) => user.isActive);
  }

  async load(): Promise<void> {
    try {
      this.list = (await getUsers()).data;
    } catch {
      // Without them the lists of assignees are empty, and everything else works.
    }
  }

  name(id: string): string {
    return this.list.find((user) => user.id === id)?.name ?? 'Someone';
  }
}

export const members = new Members();
