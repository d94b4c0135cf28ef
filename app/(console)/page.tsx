export { default, metadata } from './clusters/page.tsx';
