import type * as Wire from '../schema';

export type Channel = Wire.Channel;

export type Template = Wire.TemplateBody;
export type TemplateStatus = Wire.TemplateStatus;
export type TemplateParameter = Wire.TemplateParameter;
export type TemplateInput = Wire.TemplatePatch;
export type TemplatePreview = Wire.TextAsShown;
export type TemplateVersion = Wire.TemplateVersionEntry;
export type TemplateVersionContent = Wire.TemplateVersionBody;
export type Segments = Wire.Segments;
export type Variable = Wire.VariableBody;

export type Message = Wire.MessageBody;
/** With what became of it beyond its status, as one message alone is told. */
export type MessageDetail = Wire.WholeMessageBody;
export type MessageStatus = Wire.MessageStatus;
export type MessageOrigin = Wire.MessageOrigin;
/** How a message stands, as a lead's timeline shows it. */
export type MessageState = Wire.MessageBrief;

export type Suppression = Wire.Suppression;
export type SuppressionReason = Wire.SuppressionReason;

export type QuickSend = Wire.QuickSendBody;
export type QuickSendPreview = Wire.QuickSendPreview;
export type QuickSendAnswer = Wire.QuickSendOutcome;
export type Skipped = Wire.SkippedLead;
export type SkipReason = Wire.SkipReason;

export type Provider = Wire.ProviderName;
export type TestAnswer = Wire.TestAnswer;
export type ChannelSettings = Omit<Wire.ChannelBody, 'settings'> & {
  /** As they are set; of a secret, `<secret>Set` says that there is one. */
  settings: Record<string, unknown>;
};

/** What a live event says of a message. */
export interface MessageEvent {
  messageId: string;
  leadId: string | null;
  channel: Channel;
  origin: MessageOrigin;
  status: MessageStatus;
  errorCode: string | null;
}
