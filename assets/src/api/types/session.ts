import type * as Wire from '../schema';

export type Permission = Wire.Permission;
export type User = Wire.UserBody;
export type Workspace = Wire.WorkspaceBody;
export type JoinedWorkspace = Wire.MyWorkspaceBody;
export type LoginAnswer = Wire.SessionBody;
export type SetupState = Wire.SetupNeeded;
export type SessionInfo = Wire.SessionEntry;
export type Invitation = Wire.InvitationBody;
export type InvitationByToken = Wire.LookBody;
export type Role = Wire.RoleBody;
export type Token = Wire.TokenBody;
export type NewToken = Required<Wire.TokenBody>;

/** What the page keeps for a person; the server takes any object. */
export interface Preferences {
  density?: 'compact' | 'comfortable';
  singleKeys?: boolean;
  collapsedStages?: string[];
}

/** Who is signed in: the page always asks as a person in a workspace, unlike a program with a token. */
export interface Me extends Omit<Wire.MeBody, 'preferences'> {
  user: User;
  workspace: JoinedWorkspace;
  preferences: Preferences;
}
