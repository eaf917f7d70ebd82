// Makes vectors.json with other people's packages, so that our crypto is tested against bytes it did not make itself:
//   npm install wechat-crypto@0.0.2 @wecom/crypto@1.0.1 && node make_vectors.mjs   (run it beside node_modules)
// The result is kept in the repository; whoever has no node tests against it all the same.
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const WXBizMsgCrypt = require("wechat-crypto");
const wecom = require("@wecom/crypto");

const key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", token = "spamtest";
const app = "wx5823bf96d3bd56c7", corp = "ww1436e0e65a779aee";
const texts = ["1", "我家这个月物业费多少钱？", "🔔🏠 谢谢", "a".repeat(31), "字".repeat(32), "长".repeat(680)];

function message(to, from, text, id) {
  const parts = { ToUserName: to, FromUserName: from, MsgType: "text", Content: text };
  const lines = Object.entries(parts).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`);
  return `<xml>${lines.join("")}<CreateTime>1795492800</CreateTime><MsgId>${id}</MsgId></xml>`;
}

const vectors = [];
texts.forEach((text, n) => {
  const at = { timestamp: String(1795492800 + n), nonce: `n${1000 + n}` };
  const account = new WXBizMsgCrypt(token, key, app);
  const xml = message("gh_0123456789ab", "oWang-_1", text, 90000000000000000n + BigInt(n));
  const encrypt = account.encrypt(xml);
  const signature = account.getSignature(at.timestamp, at.nonce, encrypt);
  vectors.push({ package: "wechat-crypto", id: app, ...at, xml, encrypt, signature });

  const corpXml = message(corp, "wang", text, 91000000000000000n + BigInt(n));
  const corpEncrypt = wecom.encrypt(key, corpXml, corp);
  const corpSignature = wecom.getSignature(token, at.timestamp, at.nonce, corpEncrypt);
  vectors.push({ package: "@wecom/crypto", id: corp, ...at, xml: corpXml, encrypt: corpEncrypt, signature: corpSignature });
});
const version = (name) => JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version;
const made_with = Object.fromEntries(["wechat-crypto", "@wecom/crypto"].map((name) => [name, version(name)]));
fs.writeFileSync("vectors.json", JSON.stringify({ made_with, token, aes_key: key, vectors }, null, 1) + "\n");
