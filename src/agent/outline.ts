/** Lines that begin a function, a class, a type or an exported name, in the languages of the day. One look at a line, no nesting. */
const opens =
  /^\s{0,8}(?:(?:export|default|public|private|protected|static|abstract|async|pub(?:\([a-z]+\))?|final|override|declare|unsafe)\s+)*(?:function\*?|class|interface|type|enum|struct|trait|impl|def|func|fn|module|namespace|object)\s+[\w$([<]|^\s{0,4}(?:export\s+)?(?:const|let|var)\s+[\w$]+\s*=\s*(?:async\s*)?(?:function|\(|[\w$]+\s*=>)|^(?:module\.)?exports\b[\w$.]*\s*=|^export\s/;

/** The declarations of a file as `line|text`, at most `most` of them. */
export function outline(text: string, most: number): string[] {
  const found: string[] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length && found.length < most; index++) {
    const line = lines[index] ?? "";
    if (line.length <= 400 && opens.test(line)) found.push(`${index + 1}|${line.trimEnd().slice(0, 120)}`);
  }
  return found;
}
