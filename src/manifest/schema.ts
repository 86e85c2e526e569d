/** The JSON Schema (draft 2020-12) of manifests, made of the tables by which they are read, so that it cannot say anything else. */

import { MANIFEST } from "./fields.ts";
import type { ManifestFormat } from "./reading.ts";
import type { Field, ShapeInfo } from "./shape.ts";

/** A part of a schema: JSON, nothing else. */
export type Schema = { readonly [keyword: string]: unknown };

const TITLES: Readonly<Record<ManifestFormat, string>> = {
  cm: "Container Management's own form (recommended)",
  internal: "Internal state representation, the gRPC message spelt as JSON",
};
/** What tells the forms apart where a document does not have everything. */
const NAME_KEYS: Readonly<Record<ManifestFormat, string>> = { cm: "container_name", internal: "name" };

const ULIMIT_NUMBER: Schema = { type: "integer", minimum: -1 };
const ULIMIT: Schema = {
  type: ["integer", "object"],
  minimum: -1,
  properties: { soft: ULIMIT_NUMBER, hard: { type: ["integer", "null"], minimum: -1 } },
  required: ["soft"],
  additionalProperties: false,
};

/**
 * @param isStrict also refuses keys that nobody knows (reading only warns of them)
 */
export function manifestSchema(isStrict: boolean): Schema {
  const forms: readonly ManifestFormat[] = ["cm", "internal"];
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Container manifest",
    description:
      "One container of Kanto Container Management or Supercargo. Leaving a key out, or null, means its default.",
    anyOf: forms.map((form) => ({ $ref: `#/$defs/${form}` })),
    $defs: Object.fromEntries(forms.map((form) => [form, formSchema(form, isStrict)])),
  };
}

function formSchema(form: ManifestFormat, isStrict: boolean): Schema {
  const schema = infoSchema(MANIFEST.info, form, isStrict);
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return { title: TITLES[form], ...schema, required: [NAME_KEYS[form], ...required] };
}

function infoSchema(info: ShapeInfo, form: ManifestFormat, isStrict: boolean): Schema {
  switch (info.kind) {
    case "text":
      return { type: "string" };
    case "flag":
      return { type: "boolean" };
    case "ignored":
      return {};
    case "decimal":
      return { type: "number" };
    case "duration":
      return { type: ["string", "number"] };
    case "text-map":
      return { type: "object", additionalProperties: { type: ["string", "number"] } };
    case "ulimit-map":
      return { type: "object", additionalProperties: ULIMIT };
    case "hook-type":
      return { enum: [0, 1, 2, "Prestart", "Poststart", "Poststop"] };
    case "whole":
      return { type: "integer", ...boundsOf(info) };
    case "list":
      return { type: "array", items: infoSchema(info.of, form, isStrict) };
    case "object":
      return objectSchema(info, form, isStrict);
  }
}

/** Bounds that a reader of the schema can hold without rounding. */
function boundsOf({ least, most }: ShapeInfo & { kind: "whole" }): Schema {
  const isExact = (bound: bigint) =>
    bound >= BigInt(Number.MIN_SAFE_INTEGER) && bound <= BigInt(Number.MAX_SAFE_INTEGER);
  return {
    ...(isExact(least) ? { minimum: Number(least) } : {}),
    ...(isExact(most) ? { maximum: Number(most) } : {}),
  };
}

function objectSchema(info: ShapeInfo & { kind: "object" }, form: ManifestFormat, isStrict: boolean): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const field of Object.values(info.fields)) {
    const key = field[form];
    if (key === undefined) continue;
    const schema = fieldSchema(field, form, isStrict);
    properties[key] = schema;
    for (const alias of field.also ?? []) properties[alias] ??= schema;
    if (field.isRequired === true) required.push(key);
  }
  return {
    type: "object",
    properties,
    ...(required.length === 0 ? {} : { required }),
    ...(isStrict ? { additionalProperties: false } : {}),
  };
}

function fieldSchema(field: Field<unknown>, form: ManifestFormat, isStrict: boolean): Schema {
  const schema: Schema = {
    ...infoSchema(field.shape.info, form, isStrict),
    ...(field.words === undefined ? {} : { enum: field.words }),
    ...(field.pattern === undefined ? {} : { pattern: field.pattern }),
  };
  const annotations = {
    description: field.doc,
    ...(field.fallback === undefined ? {} : { default: field.fallback }),
  };
  const { type, enum: words, ...rest } = schema;
  if (field.isRequired === true || (type === undefined && words === undefined)) {
    return { ...schema, ...annotations };
  }
  return Array.isArray(words)
    ? { ...rest, enum: [...words, null], ...annotations }
    : { type: [...(Array.isArray(type) ? type : [type]), "null"], ...rest, ...annotations };
}
