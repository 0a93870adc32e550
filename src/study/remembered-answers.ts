import type { Exchange, Model } from "../llm/index.js";

/**
 * A model that gives again, without asking, what it has answered already in this study. A crash between an answer
 * and the durable point of its turn would otherwise ask and pay a second time, and might get another answer.
 */
export function withRememberedAnswers(model: Model, exchanges: Iterable<Exchange>): Model {
  const answers = new Map<string, Exchange>();
  for (const exchange of exchanges) {
    if (exchange.result.kind === "answer") answers.set(exchange.key, exchange);
  }
  return {
    id: model.id,
    async ask(request, options) {
      const known = answers.get(request.key);
      answers.delete(request.key);
      if (known?.result.kind === "answer") return known.result.answer;
      return model.ask(request, options);
    },
  };
}
