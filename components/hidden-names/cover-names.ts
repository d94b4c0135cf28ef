/**
 * Names are taken out where they are shown, and nowhere else: a sentence of the server, a dialog, a tooltip, the tab's title and what a
 * live update brings all become text of the document, and none of them can be forgotten. What the page works with keeps its names.
 */

/** Attributes that are read out or shown on hover. */
const TEXT_ATTRIBUTES = ['title', 'aria-label', 'aria-description', 'placeholder', 'alt'];
/** Their text is nobody's to read. */
const UNREAD = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE']);

interface Covered {
  shown: string;
  original: string;
}

/** Hides names in everything below `root`, now and as it changes. @returns how to show them again. */
export function coverNames(root: Element, hide: (text: string) => string): () => void {
  const texts = new WeakMap<Node, Covered>();
  const attributes = new WeakMap<Element, Map<string, Covered>>();

  const coverText = (node: Node) => {
    const original = node.nodeValue ?? '';
    if (texts.get(node)?.shown === original || UNREAD.has(node.parentElement?.tagName ?? '')) return;
    const shown = hide(original);
    if (shown === original) return;
    texts.set(node, { shown, original });
    node.nodeValue = shown;
  };
  const coverAttribute = (element: Element, name: string) => {
    const original = element.getAttribute(name);
    const held = attributes.get(element);
    if (original === null || held?.get(name)?.shown === original) return;
    const shown = hide(original);
    if (shown === original) return;
    attributes.set(element, new Map(held).set(name, { shown, original }));
    element.setAttribute(name, shown);
  };
  const coverTree = (node: Node) => {
    if (node.nodeType === Node.TEXT_NODE) return coverText(node);
    forEachBelow(node, coverText, coverAttribute);
  };

  coverTree(root);
  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes, attributeName } of changes) {
      if (type === 'characterData') coverText(target);
      else if (type === 'attributes') coverAttribute(target as Element, attributeName ?? '');
      else addedNodes.forEach(coverTree);
    }
  });
  observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: TEXT_ATTRIBUTES });

  return () => {
    observer.disconnect();
    forEachBelow(
      root,
      (node) => {
        const held = texts.get(node);
        if (held !== undefined && node.nodeValue === held.shown) node.nodeValue = held.original;
      },
      (element, name) => {
        const held = attributes.get(element)?.get(name);
        if (held !== undefined && element.getAttribute(name) === held.shown) element.setAttribute(name, held.original);
      },
    );
  };
}

function forEachBelow(root: Node, onText: (node: Node) => void, onAttribute: (element: Element, name: string) => void): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node: Node | null = root; node !== null; node = walker.nextNode()) {
    if (node instanceof Element) for (const name of TEXT_ATTRIBUTES) onAttribute(node, name);
    else if (node.nodeType === Node.TEXT_NODE) onText(node);
  }
}
