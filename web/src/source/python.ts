/** Whether Python may stand behind the page. The build of a page that is one file says no, and leaves out what follows from yes. */
export const PYTHON = true
