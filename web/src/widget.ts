import { serve } from "./engine/worker"
import { render } from "./inCell"
import { forOne } from "./views/match/one"

// The same text is the widget and its Worker.
if (typeof document === "undefined") serve()
else forOne()

export default { render }
