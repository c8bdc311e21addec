/** The text itself, or its beginning and end with a note between them: errors tend to stand at the end, names at the beginning. */
export function shorten(text: string, mostCharacters: number): string {
  if (text.length <= mostCharacters) return text;
  const head = Math.floor(mostCharacters / 3);
  const tail = mostCharacters - head;
  return `${text.slice(0, head)}\n[… ${text.length - mostCharacters} characters left out …]\n${text.slice(-tail)}`;
}
