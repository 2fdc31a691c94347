/** The Worker as a script of its own, for where the app's own text cannot be had. */

import { serve } from "./worker"

serve()
