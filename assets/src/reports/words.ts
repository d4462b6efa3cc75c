/** Why there was no message. */
const skipNames: Record<string, string> = {
  no_address: 'No address for the channel',
  missing_contact_info: 'No address for any step',
  suppressed: 'Address is suppressed',
  outside_window: 'Outside WhatsApp’s 24 hours',
  duplicate_address: 'Address of another recipient',
  not_found: 'Deleted meanwhile',
  lead_deleted: 'Deleted meanwhile',
  render_failed: 'Text could not be filled',
  safety_lock: 'Safety lock',
  conditions: 'Conditions not met',
  template_deleted: 'Template was deleted',
  template_not_approved: 'Template is not approved',
  not_delivered: 'Step before was not delivered',
  cancelled: 'Campaign was cancelled',
  withdrawn: 'Withdrawn before it was sent',
  error: 'Error of ours',
};

/** Why a message failed, where the word is ours and no code of a provider's. */
const failureNames: Record<string, string> = {
  unspecified: 'No reason given',
  outcome_unknown: 'Nobody knows whether it left',
  withdrawn: 'Withdrawn before it was sent',
  suppressed: 'Address is suppressed',
  private_host: 'Provider’s host is not allowed',
  host_not_found: 'Provider’s host was not found',
  no_connection: 'No connection to the provider',
  no_secure_connection: 'No secure connection to the provider',
  timeout: 'Provider did not answer in time',
  cannot_send: 'Message cannot be sent',
  not_configured: 'Channel is not set up',
};

const plain = (reason: string) => {
  const words = reason.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const isWord = (reason: string) => /^[a-z_]+$/.test(reason);

export function skipName(reason: string): string {
  return skipNames[reason] ?? (isWord(reason) ? plain(reason) : reason);
}

export function failureName(reason: string): string {
  return failureNames[reason] ?? (isWord(reason) ? plain(reason) : `Code ${reason}`);
}
