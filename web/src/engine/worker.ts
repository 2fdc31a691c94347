/** The Worker: a Calculator behind messages. */

import { Calculator } from "./calculator"
import type { FromWorker, ToWorker } from "./protocol"

function send(message: FromWorker): void {
  postMessage(message)
}

/** Answer the page's questions; to be called once, in a Worker. */
export function serve(): void {
  const calculator = new Calculator()
  addEventListener("message", (event: MessageEvent<ToWorker>) => {
    const message = event.data
    if (message.type === "add") calculator.add(message.key, message.plan, message.chunks)
    else if (message.type === "cancel") calculator.cancel(message.id)
    else {
      calculator.answer(message.id, message.question).then(
        (answer) => send({ type: "answer", id: message.id, answer }),
        (problem: unknown) => send({ type: "failed", id: message.id, message: String(problem) }),
      )
    }
  })
  send({ type: "ready" })
}
