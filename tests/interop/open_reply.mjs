// Opens what we encrypted, with other people's packages: [{"package", "key", "token", "id", "xml"}] as argument, the words out.
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const WXBizMsgCrypt = require("wechat-crypto");
const wecom = require("@wecom/crypto");
const part = (xml, name) => new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, "s").exec(xml)[1];

const opened = JSON.parse(process.argv[2]).map((told) => {
  const [encrypt, signature, at, nonce] = ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map((name) => part(told.xml, name));
  if (told.package === "wechat-crypto") {
    const account = new WXBizMsgCrypt(told.token, told.key, told.id);
    return { ...account.decrypt(encrypt), signed: account.getSignature(at, nonce, encrypt) === signature };
  }
  return { ...wecom.decrypt(told.key, encrypt), signed: wecom.getSignature(told.token, at, nonce, encrypt) === signature };
});
console.log(JSON.stringify(opened));
