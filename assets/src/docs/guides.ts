/** The guides, in their order; the contents list them by these titles. */
export const guides = [
  { id: 'guide-first-lead', title: 'Your first lead by curl' },
  { id: 'guide-form', title: 'A form on your own site' },
  { id: 'guide-builders', title: 'Zapier, Make and form builders' },
  { id: 'guide-meta', title: 'Meta Lead Ads through Make' },
  { id: 'guide-mapping', title: 'Custom fields and mapping' },
  { id: 'guide-rules', title: 'Who gets a lead, and its score' },
  { id: 'guide-providers', title: 'Connect e-mail, SMS and WhatsApp' },
  { id: 'guide-templates', title: 'Templates and Quick Send' },
  { id: 'guide-automations', title: 'Automations' },
  { id: 'guide-campaigns', title: 'Campaigns' },
  { id: 'guide-reports', title: 'Analytics and reports' },
  { id: 'guide-import', title: 'Import a file' },
  { id: 'guide-duplicates', title: 'Find and merge duplicates' },
  { id: 'guide-outbound', title: 'Tell n8n, Zapier or Make what happens' },
  { id: 'guide-token', title: 'Use the API from a program' },
  { id: 'guide-repeats', title: 'Senders that repeat themselves' },
  { id: 'guide-limits', title: 'Limits' },
  { id: 'guide-backup', title: 'Backup, restore, upgrade' },
] as const;

export type GuideId = (typeof guides)[number]['id'];

/** What people paste, with the address of this installation in it. */
export function samples(origin: string) {
  const hook = `${origin}/webhooks/leads/YOUR_KEY`;
  return {
    send: `curl -X POST "${hook}" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "Grace Hopper", "email": "grace@example.com",
       "phone": "+1 415 555 2671", "budget": "5k"}'`,
    sent: `{"success": true, "leadId": "0199f3a0-…", "created": true,
 "name": "Grace Hopper", "stageId": "0199f39e-…"}`,
    form: `<form action="${hook}" method="post">
  <label>Name <input name="name" required></label>
  <label>E-mail <input name="email" type="email" required></label>
  <label>Message <textarea name="message"></textarea></label>
  <input name="_gotcha" tabindex="-1" autocomplete="off" hidden>
  <input type="hidden" name="_redirect" value="https://www.example.com/thanks">
  <button>Send</button>
</form>`,
    meta: `{
  "full_name": "{{full_name}}",
  "email": "{{email}}",
  "phone_number": "{{phone_number}}",
  "campaign": "{{campaign_name}}"
}`,
    nested: `{
  "contact": {"first_name": "Ada", "last_name": "King"},
  "job_title": "CTO",
  "utm_source": "newsletter"
}`,
    mapping: `curl -X PATCH "${origin}/v1/identity/lead-webhooks/WEBHOOK_ID" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"fieldMapping": {"contact.first_name": "name",
       "contact.last_name": "name", "job_title": "title",
       "utm_source": "customFields.source"}}'`,
    template: `Hi {{ firstName | default("there") }},

thank you for asking about {{ customFields.product | default("our product") }}.
{% if company %}We will call {{ company }} this week.{% endif %}`,
    campaign: `curl -X POST "${origin}/v1/broadcast/campaigns" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "Spring offer", "channel": "sms",
       "templateId": "TEMPLATE_ID", "audienceId": "AUDIENCE_ID", "ratePerMinute": 600,
       "variableMapping": {"firstName": {"field": "firstName", "fallback": "there"}}}'
curl -X POST "${origin}/v1/broadcast/campaigns/CAMPAIGN_ID/send" \\
  -H "Authorization: Bearer $TOKEN"`,
    quickSend: `curl -X POST "${origin}/v1/identity/leads/broadcast/quick-send" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"leadIds": ["LEAD_ID"], "channel": "sms",
       "body": "Hi {{ firstName | default(\\"there\\") }}, we got your note."}'`,
    automation: `curl -X POST "${origin}/v1/identity/lead-automations" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "Welcome sequence", "webhookSourceId": "WEBHOOK_ID",
       "steps": [
         {"channel": "whatsapp", "delayMinutes": 0, "templateId": "WELCOME_TEMPLATE",
          "fallback": {"channel": "sms", "templateId": "WELCOME_SMS"}},
         {"channel": "email", "delayMinutes": 120, "templateId": "FOLLOW_UP_EMAIL"}]}'`,
    reports: `curl "${origin}/v1/broadcast/analytics?from=2026-11-01&groupBy=week" \\
  -H "Authorization: Bearer $TOKEN"
curl "${origin}/v1/identity/reports/leads/export?table=funnel" \\
  -H "Authorization: Bearer $TOKEN" -o funnel.csv`,
    duplicates: `curl "${origin}/v1/identity/leads/duplicates" \\
  -H "Authorization: Bearer $TOKEN"

curl "${origin}/v1/identity/leads/$LEAD/merge" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"leadId":"'$OTHER'","fields":{"email":"other"}}'`,
    import: `curl "${origin}/v1/identity/leads/import?start=true&onDuplicate=update" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: text/csv" --data-binary @people.csv`,
    outbound: `curl "${origin}/v1/identity/outbound-webhooks" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "n8n", "url": "https://n8n.example.com/webhook/leads",
       "events": ["lead.created", "lead.moved", "message.failed"]}'`,
    event: `{"type": "lead.moved", "timestamp": "2026-11-29T08:15:02.114Z",
 "data": {
   "workspaceId": "0199f3a0-…",
   "lead": {"id": "0199f3a0-…", "name": "Grace Hopper", "email": "grace@example.com", …},
   "stage": {"id": "0199f39e-…", "name": "Won"}, "pipeline": {"id": "0199f39e-…", "name": "Sales"},
   "previous": {"stageId": "0199f39e-…", "stageName": "Proposal"},
   "actor": {"kind": "user", "id": "0199f39e-…", "name": "Ada Lovelace"}}}`,
    verify: `import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.LEADS_SECRET); // whsec_…
app.post('/leads', express.text({ type: '*/*' }), (request, response) => {
  const event = webhook.verify(request.body, request.headers); // throws for what is not ours
  console.log(event.type, event.data.lead?.name);
  response.sendStatus(204);
});`,
    token: `TOKEN=leads_…
curl "${origin}/v1/identity/leads?search=grace&limit=20" \\
  -H "Authorization: Bearer $TOKEN"`,
    backup: `leads backup --data ./leads-data --keep 14
leads restore ./leads-data/backups/FILE --data ./leads-data`,
  };
}
