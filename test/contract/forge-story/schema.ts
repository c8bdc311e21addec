import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formatsPlugin from "ajv-formats";

type Schema = { [key: string]: unknown };
type Description = { components: { schemas: Record<string, Schema> } };

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const OPEN = "#/components/open/";
const CLOSED = "#/components/schemas/";

/**
 * The same schema with every object closed: a field that GitHub does not document is then a fault. The parts of an `allOf` stay open,
 * since each of them sees the whole of the value; it is closed where they come together.
 */
function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (!isSchema(value)) return value;
  const closed: Schema = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === "allOf") closed[key] = JSON.parse(JSON.stringify(inner).replaceAll(CLOSED, OPEN)) as unknown;
    else if (key === "properties" && isSchema(inner)) closed[key] = closeEach(inner);
    else closed[key] = close(inner);
  }
  if (value["allOf"] !== undefined) return { ...closed, unevaluatedProperties: false };
  const isObject = isSchema(value["properties"]) && value["additionalProperties"] === undefined;
  return isObject ? { ...closed, additionalProperties: false } : closed;
}

const closeEach = (schemas: Schema): Schema =>
  Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, close(one)]));

/** Reads `#/components/…` references of one description, as it stands or closed. */
export function createReader(description: Description, how: "open" | "closed") {
  const ajv = new Ajv2020({ strict: false, allErrors: true, discriminator: false });
  // The plugin is CommonJS: its function hangs on `default` in some loaders.
  const addFormats = ("default" in formatsPlugin ? formatsPlugin.default : formatsPlugin) as (
    ajv: Ajv2020,
  ) => void;
  addFormats(ajv);
  ajv.addFormat("int64", true);
  // Addresses of bots have brackets in them, which GitHub's description calls an email and ajv does not.
  ajv.addFormat("email", /^\S+@\S+$/);
  const { schemas } = description.components;
  const open = JSON.parse(JSON.stringify(schemas).replaceAll(CLOSED, OPEN)) as Schema;
  const components = { open, schemas: how === "open" ? schemas : closeEach(schemas) };
  ajv.addSchema({ $id: "github", components } as Schema);
  const known = new Map<string, ValidateFunction>();
  return (schema: Schema): ((value: unknown) => string[]) => {
    const shape = how === "open" ? schema : close(schema);
    const key = JSON.stringify(shape).replaceAll('"#/components/', '"github#/components/');
    const validate = known.get(key) ?? ajv.compile(JSON.parse(key) as Schema);
    known.set(key, validate);
    return (value) => {
      validate(value);
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
    };
  };
}
