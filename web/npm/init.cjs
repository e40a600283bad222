
/** Does nothing here; browsers have to wait for it. */
async function init() {}
exports.init = init;
// `import init from "bulkhead"`, as compilers write it for `require`, asks for this
exports.default = init;
Object.defineProperty(exports, "__esModule", { value: true });
