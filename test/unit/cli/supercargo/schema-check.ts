/** A checker for the keywords of JSON Schema that our schema uses; an unknown keyword is an error, so none is passed over. */

type Json = Readonly<Record<string, unknown>>;

const ANNOTATIONS = new Set(["$schema", "$defs", "title", "description", "default"]);

/** Places and keywords that the value breaks; empty = valid. */
export function faultsBySchema(value: unknown, root: Json): readonly string[] {
  return check(value, root, root, "");
}

function check(value: unknown, schema: Json, root: Json, path: string): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    const found = KEYWORDS[keyword];
    if (found === undefined) throw new Error(`the checker does not know ${keyword}`);
    return found(value, rule, root, path, schema);
  });
}

type Keyword = (value: unknown, rule: unknown, root: Json, path: string, schema: Json) => readonly string[];

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $ref: (value, rule, root, path) => {
    const definition = String(rule)
      .split("/")
      .slice(1)
      .reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), root);
    if (!isObject(definition)) throw new Error(`${String(rule)} leads nowhere`);
    return check(value, definition, root, path);
  },
  anyOf: (value, rule, root, path) => {
    const faults = list(rule).map((one) => check(value, object(one), root, path));
    return faults.some((some) => some.length === 0) ? [] : faults.flat();
  },
  type: (value, rule, _root, path) => {
    const types = Array.isArray(rule) ? rule : [rule];
    return types.includes(typeOf(value)) || (types.includes("number") && typeOf(value) === "integer")
      ? []
      : [`${path}: ${typeOf(value)}`];
  },
  enum: (value, rule, _root, path) => (list(rule).includes(value) ? [] : [`${path}: enum`]),
  pattern: (value, rule, _root, path) =>
    typeof value !== "string" || new RegExp(String(rule)).test(value) ? [] : [`${path}: pattern`],
  minimum: (value, rule, _root, path) =>
    typeof value === "number" && value < Number(rule) ? [`${path}: minimum`] : [],
  maximum: (value, rule, _root, path) =>
    typeof value === "number" && value > Number(rule) ? [`${path}: maximum`] : [],
  items: (value, rule, root, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => check(item, object(rule), root, `${path}[${index}]`))
      : [],
  required: (value, rule, _root, path) =>
    isObject(value)
      ? list(rule).flatMap((key) =>
          value[String(key)] === undefined ? [`${path}.${String(key)}: required`] : [],
        )
      : [],
  properties: (value, rule, root, path) =>
    isObject(value)
      ? Object.entries(object(rule)).flatMap(([key, schema]) =>
          value[key] === undefined ? [] : check(value[key], object(schema), root, `${path}.${key}`),
        )
      : [],
  additionalProperties: (value, rule, root, path, schema) => {
    if (!isObject(value)) return [];
    const known = object(schema["properties"] ?? {});
    return Object.keys(value)
      .filter((key) => known[key] === undefined && value[key] !== undefined)
      .flatMap((key) =>
        rule === false
          ? [`${path}.${key}: unknown`]
          : check(value[key], object(rule), root, `${path}.${key}`),
      );
  },
};

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function object(value: unknown): Json {
  if (!isObject(value)) throw new Error("a schema was expected");
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error("a list was expected");
  return value;
}
