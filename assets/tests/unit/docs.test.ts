import { describe, expect, it } from 'vitest';
import {
  curl,
  example,
  groups,
  isOpen,
  parts,
  permissionOf,
  prose,
  typeName,
  type Description,
} from '../../src/docs/openapi';
import { guides, samples } from '../../src/docs/guides';

const api: Description = {
  info: { title: 'Leads', version: '1' },
  tags: [{ name: 'Leads', description: 'People.' }, { name: 'Empty' }],
  paths: {
    '/v1/leads': {
      get: {
        summary: 'List leads',
        description: 'By `search`.\nOr all.\n\nNeeds `leads:view`.',
        tags: ['Leads'],
        parameters: [{ name: 'assignedTo', in: 'query' }],
        responses: { '200': { content: { 'application/json': {} } } },
      },
      post: {
        summary: 'Create a lead',
        tags: ['Leads'],
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Lead' } } },
        },
        responses: {},
      },
    },
    '/hooks/{apiKey}': {
      post: {
        summary: 'Receive',
        tags: ['Leads'],
        security: [{}],
        requestBody: {
          content: { 'application/x-www-form-urlencoded': { example: { name: "O'Hara" } } },
        },
        responses: {},
      },
    },
    '/v1/events': {
      get: {
        summary: 'Follow',
        tags: ['Leads'],
        responses: { '200': { content: { 'text/event-stream': {} } } },
      },
    },
  },
  components: {
    schemas: {
      Id: { type: 'string', format: 'uuid' },
      Stage: { type: 'string', enum: ['open', 'won'] },
      Lead: {
        allOf: [
          { type: 'object', required: ['id'], properties: { id: { $ref: '#/c/s/Id' } } },
          {
            type: 'object',
            properties: {
              name: { type: ['string', 'null'], example: 'Ada' },
              tags: { type: 'array', items: { type: 'string' } },
              stage: { $ref: '#/components/schemas/Stage' },
              parent: { oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/Lead' }] },
            },
          },
        ],
      },
    },
  },
};

const entry = (search: string) => {
  const [group] = groups(api, search);
  if (!group?.entries[0]) throw new Error(`nothing answers ${search}`);
  return group.entries[0];
};

describe('the reference', () => {
  it('groups by tag, leaves out what is empty, and gives each an anchor', () => {
    const [group, ...others] = groups(api);
    expect(others).toEqual([]);
    expect(group?.entries.map((one) => one.id)).toEqual([
      'get-v1-leads',
      'post-v1-leads',
      'post-hooks-apiKey',
      'get-v1-events',
    ]);
  });

  it('finds every word, also in parameters and descriptions', () => {
    expect(entry('list ASSIGNEDTO').method).toBe('GET');
    expect(entry('search view').operation.summary).toBe('List leads');
    expect(groups(api, 'list nonsense')).toEqual([]);
  });

  it('tells the permission apart from the prose', () => {
    const { operation } = entry('list');
    expect(permissionOf(operation)).toBe('leads:view');
    expect(prose(operation.description)).toEqual([
      [
        { text: 'By ', isCode: false },
        { text: 'search', isCode: true },
        { text: '. Or all.', isCode: false },
      ],
    ]);
    expect(permissionOf(entry('create').operation)).toBeNull();
    expect(isOpen(entry('receive').operation)).toBe(true);
    expect(isOpen(operation)).toBe(false);
  });

  it('names types, opens parts, and ends where a schema holds itself', () => {
    const lead = { $ref: '#/components/schemas/Lead' };
    expect(Object.keys(parts(api, { type: 'array', items: lead }))).toContain('tags');
    expect(typeName(api, { type: 'array', items: { type: 'string' } })).toBe('string[]');
    expect(typeName(api, { $ref: '#/components/schemas/Stage' })).toBe('"open" | "won"');
    const made = example(api, lead) as Record<string, unknown>;
    expect(made.name).toBe('Ada');
    expect(made.stage).toBe('open');
    expect(JSON.stringify(made).length).toBeLessThan(2000);
  });

  it('writes commands that a shell takes', () => {
    const here = 'http://leads.test';
    expect(curl(api, entry('list'), here)).toBe(
      'curl "http://leads.test/v1/leads" \\\n  -H "Authorization: Bearer $TOKEN"',
    );
    const receive = curl(api, entry('receive'), here);
    expect(receive).toContain('/hooks/$KEY');
    expect(receive).toContain("O'\\''Hara");
    expect(receive).not.toContain('Authorization');
    expect(curl(api, entry('follow'), here)).toMatch(/^curl -N "/);
  });

  it('puts the address of the installation into every sample', () => {
    const { send, form, mapping, token } = samples('http://leads.test');
    for (const text of [send, form, mapping, token]) expect(text).toContain('http://leads.test/');
    expect(new Set(guides.map((guide) => guide.id)).size).toBe(guides.length);
  });
});
