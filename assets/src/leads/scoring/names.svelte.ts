import { getFieldKeys } from '../../api/leads';
import type { CustomFieldKey, Webhook } from '../../api/types';
import { getWebhooks } from '../../webhooks/api';
import type { Names } from './words';

/** The custom fields and webhooks of the workspace, for wording conditions and choosing in them. */
class KnownNames implements Names {
  fields = $state.raw<CustomFieldKey[]>([]);
  webhooks = $state.raw<Webhook[]>([]);

  async load(): Promise<void> {
    try {
      const [fields, webhooks] = await Promise.all([getFieldKeys(), getWebhooks()]);
      this.fields = fields.data;
      this.webhooks = webhooks;
    } catch {
      // Keys say it, too.
    }
  }

  field = (key: string) => this.fields.find((one) => one.key === key)?.displayName;
  webhook = (id: string) => this.webhooks.find((one) => one.id === id)?.name;
}

export const knownNames = new KnownNames();
