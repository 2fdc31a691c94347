/** The widget of several recordings: with the parts that set two of them side by side. */

import { serve } from "./engine/worker"
import { render } from "./inCell"
import { forSeveral } from "./views/match"

// The same text is the widget and its Worker.
if (typeof document === "undefined") serve()
else forSeveral()

export default { render }
