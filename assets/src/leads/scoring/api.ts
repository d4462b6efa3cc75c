import { del, get, patch, path, post } from '../../api/client';
import type { List, NewScoreRule, ScoreRule, ScoringProgress } from '../../api/types';

const at = '/v1/identity/score-rules';

export const getRules = async () => (await get<List<ScoreRule>>(at, { limit: 200 })).data;
export const getProgress = () => get<ScoringProgress>(`${at}/progress`);
export const createRule = (rule: NewScoreRule) => post<ScoreRule>(at, rule);
export const updateRule = ({ id, version }: ScoreRule, changes: Partial<NewScoreRule>) =>
  patch<ScoreRule>(path`/v1/identity/score-rules/${id}`, changes, version);
export const deleteRule = ({ id, version }: ScoreRule) =>
  del(path`/v1/identity/score-rules/${id}`, version);
