// Meta on this machine: speaks the documented HTTP of the WhatsApp Cloud API, keeps what it was given, and
// reports what became of it under the signature that Meta makes.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';

export const account = {
  phoneNumberId: '1122334455667',
  businessAccountId: '7766554433221',
  accessToken: 'EAAB-a-long-token',
  appSecret: 'a-very-secret-app',
  verifyToken: 'a-word-of-ours',
};

const template = (name, status, components) => ({
  name,
  status,
  components,
  language: 'en_US',
  category: 'UTILITY',
  id: name,
});

const templates = [
  template('order_on_its_way', 'APPROVED', [
    { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
    { type: 'BODY', text: 'Hi {{1}}, it leaves today.' },
    {
      type: 'BUTTONS',
      buttons: [{ type: 'URL', text: 'Track', url: 'https://example.com/t/{{1}}' }],
    },
  ]),
  template('autumn_sale', 'PAUSED', [{ type: 'BODY', text: 'Everything must go.' }]),
  template('shouting', 'REJECTED', [{ type: 'BODY', text: 'BUY NOW!!!' }]),
];

/** Starts it; `cut()` makes it take the next message and hang up without a word. */
export async function startMeta() {
  const sent = [];
  let cuts = 0;
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname } = new URL(request.url, 'http://meta');
    const answer = (status, body) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${account.accessToken}`) {
      const error = { message: 'Invalid OAuth access token', type: 'OAuthException', code: 190 };
      answer(401, { error });
    } else if (pathname === `/v26.0/${account.businessAccountId}/message_templates`) {
      answer(200, { data: templates, paging: { cursors: { before: 'a', after: 'b' } } });
    } else if (pathname === `/v26.0/${account.phoneNumberId}/messages`) {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const id = `wamid.${sent.length + 1}`;
      sent.push({ id, ...body });
      if (cuts > 0) {
        cuts -= 1;
        request.socket.destroy();
        return;
      }
      answer(200, {
        messaging_product: 'whatsapp',
        contacts: [{ input: body.to, wa_id: body.to }],
        messages: [{ id, message_status: 'accepted' }],
      });
    } else {
      answer(404, { error: { message: `Unknown path ${pathname}`, type: 'x', code: 2500 } });
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Every message that was taken, in order. */
    sent,
    cut: () => (cuts += 1),
    close: () => server.close(),
  };
}

/** Asks a callback address the way Meta does when somebody enters it; answers what it says. */
export async function verify(callback, token = account.verifyToken) {
  const query = new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.challenge': '1158201444',
    'hub.verify_token': token,
  });
  const response = await fetch(`${callback}?${query}`);
  return { status: response.status, text: await response.text() };
}

/** Tells a callback address what became of a message; answers the status. */
export async function report(callback, message, status, secret = account.appSecret) {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '12025550100', phone_number_id: account.phoneNumberId },
    statuses: [
      {
        id: message.id,
        status,
        timestamp: String(Math.floor(Date.now() / 1000)),
        recipient_id: message.to,
        biz_opaque_callback_data: message.biz_opaque_callback_data,
      },
    ],
  };
  const entry = [{ id: account.businessAccountId, changes: [{ field: 'messages', value }] }];
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = {
    'Content-Type': 'application/json',
    'X-Hub-Signature-256': `sha256=${signature}`,
  };
  return (await fetch(callback, { method: 'POST', headers, body })).status;
}
