export type Permission =
  | 'leads:view'
  | 'leads:manage'
  | 'contacts:view'
  | 'contacts:manage'
  | 'broadcast:view'
  | 'broadcast:manage'
  | 'settings:manage'
  | 'users:manage'
  | 'workspaces:manage';

export interface User {
  id: string;
  name: string;
  email: string;
  role: string;
  roleName?: string;
  isActive: boolean;
  lastSeenAt: string | null;
  createdAt: string;
  version: number;
}

export interface Workspace {
  id: string;
  name: string;
  defaultCountry: string;
  timeZone: string;
  isDemo: boolean;
  createdAt: string;
  version: number;
}

export interface JoinedWorkspace extends Workspace {
  role: string;
  roleName?: string;
  permissions: Permission[];
}

export interface LoginAnswer {
  token: string;
  expiresAt: string;
  user: User;
  workspaces: JoinedWorkspace[];
}

export interface Preferences {
  density?: 'compact' | 'comfortable';
  singleKeys?: boolean;
  collapsedStages?: string[];
}

export interface Me {
  user: User;
  workspace: Workspace;
  workspaces: JoinedWorkspace[];
  permissions: Permission[];
  preferences: Preferences;
}

export interface SetupState {
  needed: boolean;
}

export interface SessionInfo {
  id: string;
  userAgent: string | null;
  address: string | null;
  createdAt: string;
  lastSeenAt: string;
  isCurrent: boolean;
}

export interface Invitation {
  id: string;
  email: string;
  role: string;
  roleName?: string;
  url?: string;
  expiresAt: string;
  createdAt: string;
}

export interface InvitationByToken {
  email: string;
  workspaceName: string;
  role: string;
  roleName?: string;
}

export interface Role {
  id: string;
  name: string;
  description: string | null;
  permissions: Permission[];
  isBuiltIn: boolean;
  memberCount: number;
  version: number;
}

export interface Token {
  id: string;
  name: string;
  permissions: Permission[];
  createdBy: string | null;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  prefix: string;
}

export interface NewToken extends Token {
  token: string;
}
