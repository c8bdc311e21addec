/** An answer that is not a success, worded as GitHub words it. Thrown by handlers, written out by the HTTP door. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    body: { message: string; [key: string]: unknown },
    headers: Record<string, string> = {},
  ) {
    super(body.message);
    this.status = status;
    this.body = {
      ...body,
      documentation_url: body["documentation_url"] ?? "https://docs.github.com/rest",
      status: String(status),
    };
    this.headers = headers;
  }
}

export const badCredentials = () => new Refusal(401, { message: "Bad credentials" });
export const requiresAuthentication = () => new Refusal(401, { message: "Requires authentication" });
export const notFound = () => new Refusal(404, { message: "Not Found" });
export const notAccessible = () => new Refusal(403, { message: "Resource not accessible by integration" });
export const needsAdminRights = () => new Refusal(403, { message: "Must have admin rights to Repository." });
export const archived = () => new Refusal(403, { message: "Repository was archived so is read-only." });
export const conflict = (message: string) => new Refusal(409, { message });
/** a 422 without a list of errors, as the Git Data API answers */
export const unprocessable = (message: string) => new Refusal(422, { message });

export type FieldError = {
  resource: string;
  code: string;
  field?: string;
  message?: string;
  value?: unknown;
};

/** `Validation Failed` with the list of what is wrong. */
export const validationFailed = (...errors: FieldError[]) =>
  new Refusal(422, { message: "Validation Failed", errors });
