interface HtmlPolicy {
  createHTML(html: string): string;
}

/** The browser takes HTML only from a named policy; this one is for text that is never run. */
const policy: HtmlPolicy = (
  globalThis as { trustedTypes?: { createPolicy(name: string, rules: HtmlPolicy): HtmlPolicy } }
).trustedTypes?.createPolicy('leads-mail', { createHTML: (html) => html }) ?? {
  createHTML: (html) => html,
};

const HIDDEN = 'data-leads-style';
const FORBIDDEN =
  'script, iframe, frame, object, embed, link, meta, base, template, audio, video, style';

const PAPER = `
  body { margin: 0; padding: 16px; color: #17181c; font: 14px/1.5 'Helvetica Neue', Arial, sans-serif;
    overflow-wrap: break-word; }
  img { max-width: 100%; height: auto; }
  a { color: #3344b5; text-decoration: underline; cursor: default; }
  .leads-picture { display: inline-block; padding: 6px 10px; border: 1px dashed #8b8d98;
    border-radius: 5px; color: #4c4f59; font-size: 12px; }
`;

/**
 * The body of an HTML text for showing inside of `page`, with its styles as sheets: a strict policy
 * refuses style elements. What could run, load or lead away is taken out.
 */
export function inert(
  html: string,
  page: Document,
): { body: HTMLElement; sheets: CSSStyleSheet[] } {
  const trusted = policy.createHTML(quiet(html));
  const parsed = new DOMParser().parseFromString(trusted, 'text/html');
  const css = [...parsed.querySelectorAll(`xmp[${HIDDEN}]`)].map((one) => one.textContent ?? '');
  for (const element of parsed.querySelectorAll(`${FORBIDDEN}, xmp[${HIDDEN}]`)) element.remove();
  for (const element of parsed.body.querySelectorAll('*')) tame(element, parsed);
  const body = page.importNode(parsed.body, true);
  restyle(body);
  return { body, sheets: [PAPER, ...css].map((text) => sheetOf(text, page)) };
}

function tame(element: Element, page: Document): void {
  for (const { name } of [...element.attributes]) {
    if (/^on/i.test(name) || /^(srcset|background|action|formaction|ping|autofocus)$/i.test(name)) {
      element.removeAttribute(name);
    }
  }
  const target = element.getAttribute('href');
  if (target !== null) {
    element.removeAttribute('href');
    // Shown and not followed: a preview must not be left by a click.
    element.setAttribute('title', target);
  }
  const source = element.getAttribute('src');
  if (source !== null && !source.startsWith('data:image/')) {
    const picture = page.createElement('span');
    picture.className = 'leads-picture';
    picture.textContent = element.getAttribute('alt') || 'Picture';
    picture.title = source;
    element.replaceWith(picture);
  }
}

/**
 * Styles under another name and handlers under none, so that parsing meets neither: the policy of
 * this page refuses and reports those that come with HTML, and allows the styles that a script sets.
 */
export function quiet(html: string): string {
  return html.replace(
    /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi,
    (tag: string, end: string, name: string, rest: string) => {
      if (name.toLowerCase() === 'style') return end ? '</xmp>' : `<xmp ${HIDDEN}>`;
      const attributes = rest.replace(
        /("[^"]*"|'[^']*')|(?<![\w:.-])(style|on\w+)(?=\s*=)/gi,
        (piece: string, quoted?: string) => {
          if (quoted !== undefined) return piece;
          return piece.toLowerCase() === 'style' ? HIDDEN : 'data-leads-off';
        },
      );
      return attributes === rest ? tag : `<${end}${name}${attributes}>`;
    },
  );
}

function restyle(body: HTMLElement): void {
  for (const element of [body, ...body.querySelectorAll<HTMLElement>(`[${HIDDEN}]`)]) {
    element.style.cssText = element.getAttribute(HIDDEN) ?? '';
    element.removeAttribute(HIDDEN);
  }
}

function sheetOf(css: string, page: Document): CSSStyleSheet {
  const Sheet = (page.defaultView as (Window & typeof globalThis) | null)?.CSSStyleSheet;
  const sheet = new (Sheet ?? CSSStyleSheet)();
  sheet.replaceSync(css);
  return sheet;
}
