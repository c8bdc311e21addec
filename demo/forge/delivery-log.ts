/** One attempt at sending one webhook. Attempts of the same delivery share the GUID and differ in `id`. */
export type DeliveryRecord = {
  id: number;
  guid: string;
  event: string;
  action: string | null;
  installationId: number | null;
  repositoryId: number | null;
  redelivery: boolean;
  at: Date;
  durationMs: number;
  /** the receiver's answer; 0 while none has come, 502 when it could not be reached, 504 after the time-out */
  statusCode: number;
  /** GitHub's word: `OK`, `Invalid HTTP Response: 500`, `failed to connect to host`, `timed out`; `pending` until then */
  status: string;
  url: string;
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string>;
  responseBody: string;
  payload: Record<string, unknown>;
};

export type DeliveryLog = {
  all: DeliveryRecord[];
  redeliver: (record: DeliveryRecord) => void;
};
