/** Reads only. */
import type { Performer } from './performer.ts';
import { readHistory } from '../observe/history-file.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { reportNode } from './postgres/connection/node-report.ts';

export const perform: Performer<'report'> = async (_args, context) => {
  const report = await reportNode(context);
  const timeline = report.timeline ?? report.control?.timeline ?? null;
  return { report, history: timeline === null ? null : readHistory(dataDirectoryOf(context.instance), timeline) };
};
