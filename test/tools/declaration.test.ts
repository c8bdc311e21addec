import { describe, expect, it } from "vitest";
import { declarationOf } from "../../src/tools/declaration.ts";
import { planningTools, stepTools } from "../../src/tools/index.ts";

describe("the declarations", () => {
  const all = [...new Set([...planningTools, ...stepTools])];

  it("are the same bytes every time", () => {
    expect(JSON.stringify(all.map(declarationOf))).toBe(JSON.stringify(all.map(declarationOf)));
  });

  it("are strict: every property required, none additional, nothing a provider may not know", () => {
    const objects: Record<string, unknown>[] = [];
    JSON.stringify(all.map(declarationOf), (_, value: unknown) => {
      if (typeof value === "object" && value !== null && "properties" in value) objects.push({ ...value });
      return value;
    });
    expect(objects).toHaveLength(11);
    for (const schema of objects) {
      expect(schema).toMatchObject({ type: "object", additionalProperties: false });
      expect(schema["required"]).toEqual(Object.keys(schema["properties"] ?? {}));
      expect(new Set(Object.keys(schema))).toEqual(
        new Set(["type", "properties", "required", "additionalProperties"]),
      );
    }
  });

  it("of a step are small", () => {
    expect(JSON.stringify(stepTools.map(declarationOf)).length).toBeLessThan(3_400);
  });

  it("look like this", () => {
    expect(declarationOf(stepTools[3]!)).toMatchInlineSnapshot(`
      {
        "description": "Replace pieces of a file that you have read. All edits apply in order, or none does.",
        "name": "edit_file",
        "parameters": {
          "additionalProperties": false,
          "properties": {
            "check": {
              "description": "check to run afterwards",
              "type": [
                "string",
                "null",
              ],
            },
            "edits": {
              "items": {
                "additionalProperties": false,
                "properties": {
                  "new": {
                    "type": "string",
                  },
                  "old": {
                    "description": "text as it stands in the file, enough to occur once",
                    "type": "string",
                  },
                  "replace_all": {
                    "type": [
                      "boolean",
                      "null",
                    ],
                  },
                },
                "required": [
                  "old",
                  "new",
                  "replace_all",
                ],
                "type": "object",
              },
              "type": "array",
            },
            "path": {
              "type": "string",
            },
          },
          "required": [
            "path",
            "edits",
            "check",
          ],
          "type": "object",
        },
      }
    `);
  });
});
