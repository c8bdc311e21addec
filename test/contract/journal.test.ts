import { useRedis } from "../support/redis.ts";
import { journalContract } from "./journal.contract.ts";
import { openInMemory, openInRedis } from "./open-benches.ts";

const redis = useRedis();

journalContract("in Redis", () => openInRedis(redis()));
journalContract("in memory", openInMemory);
