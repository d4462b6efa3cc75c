import { describe, expect, it } from 'vitest';
import type { Template } from '../../src/api/types';
import { quiet } from '../../src/broadcast/mail';
import {
  changesOf,
  draftOf,
  errorsOf,
  fieldsOf,
  inputOf,
  isHtml,
  partsOf,
} from '../../src/broadcast/template';
import { lineOf, lineRange, openVariable, putVariable } from '../../src/core/variables';
import { isSet, providerOf, settingsOf, valuesOf } from '../../src/settings/providers';

describe('a variable', () => {
  it('is open between its braces, and only there', () => {
    const open = (text: string) => openVariable(text, text.length);
    expect(open('Hi {{')).toEqual({ from: 3, typed: '' });
    expect(open('Hi {{ customFields.bu')).toEqual({ from: 3, typed: 'customFields.bu' });
    expect(open('Hi {{name}}')).toBeNull();
    expect(open('Hi {{name | ')).toBeNull();
    expect(open('Hi { na')).toBeNull();
    expect(openVariable('{{na and more', 4)).toEqual({ from: 0, typed: 'na' });
  });

  it('takes the place of what was typed, and closes its braces once', () => {
    expect(putVariable('Hi {{na', 7, 'name')).toEqual({ text: 'Hi {{name}}', caret: 11 });
    expect(putVariable('Hi {{na}}, hello', 7, 'name')).toEqual({
      text: 'Hi {{name}}, hello',
      caret: 11,
    });
    expect(putVariable('Hi !', 3, 'name')).toEqual({ text: 'Hi {{name}}!', caret: 11 });
  });
});

describe('a refusal that names a line', () => {
  it('leads there', () => {
    expect(lineOf('Line 3: there is no variable nmae.')).toBe(3);
    expect(lineOf('Too long.')).toBeNull();
    const text = 'one\ntwo\nthree';
    expect(text.slice(...lineRange(text, 2))).toBe('two');
    expect(text.slice(...lineRange(text, 3))).toBe('three');
    expect(text.slice(...lineRange(text, 9))).toBe('three');
  });
});

describe('a template in its form', () => {
  const saved: Template = {
    id: '1',
    name: 'Welcome',
    channel: 'email',
    status: 'draft',
    subject: 'Hello',
    body: 'Hi',
    html: null,
    variables: [],
    language: null,
    providerName: null,
    parameters: [],
    isSynced: false,
    statusNote: null,
    contentVersion: 1,
    version: 4,
    createdAt: '',
    updatedAt: '',
  };
  const fields = fieldsOf('email');

  it('sends only what changed, and clears what was emptied', () => {
    const form = draftOf(saved);
    expect(changesOf(form, draftOf(saved), fields)).toEqual({});
    expect(changesOf({ ...form, subject: ' ', html: '<p>Hi</p>' }, draftOf(saved), fields)).toEqual(
      {
        subject: null,
        html: '<p>Hi</p>',
      },
    );
  });

  it('keeps HTML alone in the HTML field, and its refusals with it', () => {
    const html = '<p>Hi {{ nmae }}</p>';
    const form = draftOf({ ...saved, body: html });
    expect([form.body, form.html]).toEqual(['', html]);
    expect(partsOf(form, fields)).toEqual({ subject: 'Hello', html: null, body: html });
    expect(errorsOf(form, { body: 'Line 1: no.' })).toEqual({ html: 'Line 1: no.' });
    expect(errorsOf({ ...form, body: 'Hi' }, { body: 'No.' })).toEqual({ body: 'No.' });
    const texts = ['1 < 2 and 3 > 2', 'Ada <ada@example.com>', '<3'];
    expect(texts.filter(isHtml)).toEqual([]);
    expect(['<p>Hi</p>', 'a<br>b', 'a<br/>', '<a href="x">y</a>'].every(isHtml)).toBe(true);
  });

  it('has the parts of its channel', () => {
    const sms = inputOf({ ...draftOf(null), name: ' A ', body: 'Hi' }, fieldsOf('sms'));
    expect(sms).toEqual({ name: 'A', status: 'draft', body: 'Hi' });
    expect(fieldsOf('whatsapp')).toContain('providerName');
  });
});

describe('settings of a provider', () => {
  it('leave out what is empty, so that a stored secret stays', () => {
    const smtp = providerOf('smtp');
    const stored = { host: 'mail.example.com', port: 25, passwordSet: true };
    const values = valuesOf(smtp, stored);
    expect(values.password).toBe('');
    const settings = settingsOf(smtp, values);
    expect(settings).toMatchObject({ host: 'mail.example.com', port: 25 });
    expect(settings).not.toHaveProperty('password');
    expect(settingsOf(smtp, { ...values, password: 's3cret' }).password).toBe('s3cret');
    const password = smtp.fields.find((field) => field.key === 'password');
    expect(password && isSet(password, stored)).toBe(true);
  });
});

describe('the HTML of an e-mail', () => {
  it('keeps its styles under another name, and its handlers under none', () => {
    expect(quiet('<p style="color: red" title="a style=b" onclick="a()">style="x" > y</p>')).toBe(
      '<p data-leads-style="color: red" title="a style=b" data-leads-off="a()">style="x" > y</p>',
    );
    expect(quiet('<style>p { a: b }</style><STYLE media="x">q</STYLE>')).toBe(
      '<xmp data-leads-style>p { a: b }</xmp><xmp data-leads-style>q</xmp>',
    );
    expect(quiet('<a title=\'x\'onclick=a() data-style="1">')).toBe(
      '<a title=\'x\'data-leads-off=a() data-style="1">',
    );
    expect(quiet('1 < 2 on = 3 > 2')).toBe('1 < 2 on = 3 > 2');
  });
});
