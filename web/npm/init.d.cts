
/** Does nothing here; browsers have to wait for it. */
export function init(): Promise<void>;
export default init;
