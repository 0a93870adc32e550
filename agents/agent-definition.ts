/** What an agent is: a typed definition and no logic. Who runs it is named in each definition. */
export interface AgentDefinition<Tool extends string> {
  readonly id: string;
  readonly role: string;
  /** Id of the system prompt in prompts/. */
  readonly prompt: string;
  /** Tools it may call; none of them changes anything that outlives the turn. */
  readonly tools: readonly Tool[];
  readonly limits: {
    /** Requests to the model in one turn, the answer and its repair included. */
    readonly requests: number;
    readonly outputTokens: number;
    /** Seconds from the first request to the last answer. */
    readonly seconds: number;
    /** Calls of tools in one turn; where absent, only the requests bound them. */
    readonly toolCalls?: number;
    /** Characters of all tools' results in one turn. */
    readonly toolCharacters?: number;
  };
}
