// Another project's client (npm co-wechat-api) against our stand-in: what it can't use, the stand-in gets wrong.
//   npm install co-wechat-api@3.11.0 && node other_client.mjs '{"url": …, "app_id": …, "secret": …, "openid": …, "template": …}'
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const WechatAPI = require("co-wechat-api");
const told = JSON.parse(process.argv[2]);
const api = new WechatAPI(told.app_id, told.secret);
api.prefix = `${told.url}/cgi-bin/`;
api.endpoint = told.url;

const tries = {
  sendText: () => api.sendText(told.openid, "您好"),
  sendTemplate: () => api.sendTemplate(told.openid, told.template, "", "", { thing1: { value: "3栋12**" } }),
  createTmpQRCode: () => api.createTmpQRCode("a-token-of-22-characters", 604800),
  createMenu: () => api.createMenu({ button: [{ type: "click", name: "账单", key: "bill" }] }),
  getMenu: () => api.getMenu(),
  getUser: () => api.getUser(told.openid),
  refused: () => api.sendText("nobody", "您好"),
};
const results = {};
for (const [name, call] of Object.entries(tries)) {
  try {
    results[name] = await call();
  } catch (wrong) {
    results[name] = { refused: wrong.code ?? String(wrong) };
  }
}
console.log(JSON.stringify(results));
